"""Run a command in another process, follow it, stop it; a job is a folder that any process may look at."""

from medopt.jobs.job import Job, JobStatus, list_jobs, new_job_folder
from medopt.jobs.log import describe_event
from medopt.jobs.start import interpreter, start_job
from medopt.jobs.stop import Stopped, StopRequest, stop_by_signal
from medopt.jobs.worker import Worker, run_in_job

__all__ = [
    "Job",
    "JobStatus",
    "StopRequest",
    "Stopped",
    "Worker",
    "describe_event",
    "interpreter",
    "list_jobs",
    "new_job_folder",
    "run_in_job",
    "start_job",
    "stop_by_signal",
]
