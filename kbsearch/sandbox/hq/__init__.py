"""一级客服系统 (HQ) of the sandbox: receives, reviews, decides, distributes, and makes knowledge itself."""
