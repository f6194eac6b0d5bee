"""Every deliberate exception, one tree; each knows the exit status it stands for.

::

    ProvenanceError (3)
    ├── UsageError (2)                 what was asked cannot be asked
    │   └── ConfigError                provenance.toml is missing or wrong
    ├── MediaError (3)                 a file could not be understood
    │   ├── UnreadableError            it cannot be opened or read as a regular file
    │   ├── UnsupportedMediaError      no format of ours claims it
    │   └── DamagedMediaError          its structure contradicts itself or ends early
    ├── TaggingError (3)               a tag was not written; the file is as it was
    │   ├── NotWritableError           the file must not be written (hard link, read-only, ...)
    │   ├── ChangedMeanwhileError      somebody else wrote the file while we worked
    │   └── LeaseHeldError             another host or process works on it just now
    ├── CarrierError (3)               one way of saying the tag failed
    ├── IsolationError (3)             a worker process died, ran out of time or refused
    ├── AttestationError (3)           an approval cannot be read or made
    │   ├── SignatureInvalidError      bytes and signature do not belong together
    │   ├── UnknownKeyError            nobody we trust signed it
    │   └── NotAuthorisedError         who signed it is trusted, but not for this
    ├── RegistryError (3)              the registry is unreachable, foreign or rolled back
    │   ├── LeaseLostError             another may do this work by now
    │   └── OutOfReachError            it does not answer, or cannot write, just now
    ├── NotifyError (3)                a message did not reach its service
    ├── SpoolError (3)                 results cannot be kept until they are reported
    └── ClusterError (3)               workers cannot do what was asked of them
"""


class ProvenanceError(Exception):
    """A failure we foresaw; its text is for the person at the terminal."""

    exit_code = 3


class UsageError(ProvenanceError):
    """What was asked cannot be asked."""

    exit_code = 2


class ConfigError(UsageError):
    """A `provenance.toml` that is missing or wrong."""


class MediaError(ProvenanceError):
    """A file that could not be understood."""


class UnreadableError(MediaError):
    """A path that cannot be opened or read as a regular file."""


class UnsupportedMediaError(MediaError):
    """A file that no format of ours claims."""


class DamagedMediaError(MediaError):
    """A file whose structure contradicts itself or ends early."""


class TaggingError(ProvenanceError):
    """A tag that was not written; the file is as it was."""


class NotWritableError(TaggingError):
    """A file that must not be written: hard link, read-only, sealed or growing."""


class ChangedMeanwhileError(TaggingError):
    """A file that somebody else wrote while we worked on it."""


class LeaseHeldError(TaggingError):
    """A file that another host or process works on: it may be looked at again later."""


class CarrierError(ProvenanceError):
    """One way of saying the tag that failed."""


class IsolationError(ProvenanceError):
    """A worker process that died, ran out of time or refused."""


class AttestationError(ProvenanceError):
    """An approval that cannot be read or made."""


class SignatureInvalidError(AttestationError):
    """An envelope whose bytes and signature do not belong together."""


class UnknownKeyError(AttestationError):
    """An envelope that nobody we trust signed."""


class NotAuthorisedError(AttestationError):
    """An envelope signed by somebody we trust for other things."""


class RegistryError(ProvenanceError):
    """A registry that is unreachable, foreign or rolled back."""


class LeaseLostError(RegistryError):
    """A lease that has ended: another host may do this work by now."""


class OutOfReachError(RegistryError):
    """A registry that does not answer, or cannot write, just now; later it may."""


class NotifyError(ProvenanceError):
    """A message that did not reach its service."""


class SpoolError(ProvenanceError):
    """Results of a scan that cannot be kept until they are reported."""


class ClusterError(ProvenanceError):
    """Work for the queue that no worker can do, or would do otherwise."""
