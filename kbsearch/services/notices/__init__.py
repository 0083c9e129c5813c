"""What people are told 通知: who hears of what happened, reading it, and where else it is delivered."""
