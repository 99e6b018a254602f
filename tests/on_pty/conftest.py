from .programs import programs

__all__ = ["programs"]
