"""A request the sandbox does not carry out, with the HTTP status and the Chinese sentence its caller gets; decides nothing."""

from __future__ import annotations


class RefusalError(Exception):
    """`status` is the HTTP status, `code` a stable name, `message` a Chinese sentence that says what to do."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    @classmethod
    def invalid(cls, message: str) -> RefusalError:
        """Refuse what is well formed but wrong (422)."""
        return cls(422, "INVALID", message)

    @classmethod
    def malformed(cls, message: str) -> RefusalError:
        """Refuse what cannot be read at all (400)."""
        return cls(400, "MALFORMED", message)

    @classmethod
    def conflict(cls, message: str) -> RefusalError:
        """Refuse an act the present state does not allow (409)."""
        return cls(409, "CONFLICT", message)

    @classmethod
    def missing(cls, what: str, key: object) -> RefusalError:
        """Refuse a reference to what is not here (404)."""
        return cls(404, "NOT_FOUND", f"没有找到{what} {key}，请核对编号。")

    @classmethod
    def unauthorised(cls, message: str) -> RefusalError:
        """Refuse an unsigned, wrongly signed, early or late message (401)."""
        return cls(401, "UNAUTHORISED", message)
