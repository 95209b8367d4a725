"""`qopt plan`: what a config would take on IBM's hardware, found on a fake twin of the device, without an account."""

from qopt.plan.planned import Plan, plan
from qopt.plan.twins import twin_of

__all__ = ["Plan", "plan", "twin_of"]
