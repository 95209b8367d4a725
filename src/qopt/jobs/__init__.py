"""What becomes of jobs and Sessions at a service, without running anything: where a run stands, cancelling, Sessions that are still open.

Results are plain data; `report.jobs` has the words for them. `execution.ibm.inquiry` does the asking.
"""
