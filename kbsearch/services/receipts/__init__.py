"""Receipts 签收: reading and signing announcements, who has and who has not, proofs and their verification."""
