"""Devices of IBM Quantum: the account, the Session, and jobs that outlive this process."""
