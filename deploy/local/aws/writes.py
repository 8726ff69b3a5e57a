"""A put is stored only in its bucket's own region, with its key and when its digests are right; a conditional put is
atomic.

moto stores a body whatever its digest, and looks for the key and writes it without a lock. A put gets here after its
signature and its right to the key have been checked, so who may not write learns nothing about digests, as with AWS.
The probe of a registration rests on that order.
"""

import base64
import hashlib
import re
import threading

import decisions
from moto.s3 import responses
from moto.s3.exceptions import S3ClientError
from moto.s3.utils import compute_checksum

# Those of moto's own plus the two that need the packages awscrt and crc32c; a missing one must stop the start.
import awscrt.checksums  # noqa: F401
import crc32c  # noqa: F401

ALGORITHMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")


class BadDigest(S3ClientError):
    def __init__(self, what):
        super().__init__("BadDigest", f"The {what} you specified did not match the calculated checksum.")


class InvalidDigest(S3ClientError):
    def __init__(self):
        super().__init__("InvalidDigest", "The Content-MD5 you specified was invalid.")


class BodyHashMismatch(S3ClientError):
    def __init__(self):
        super().__init__(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )


class KeyRefused(S3ClientError):
    """https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html"""

    def __init__(self, key):
        super().__init__("AccessDenied", f"The caller is not authorized to perform: kms:GenerateDataKey on {key}")


def install():
    put_object = responses.S3Response.put_object
    locks = {}
    guard = threading.Lock()

    def put_object_checked(self):
        bucket = self.backend.get_bucket(self.bucket_name)
        if bucket.region_name != self.region:
            return redirect_to(bucket.region_name)
        check_key(bucket)
        check_digests(self.body or b"", self.headers, self.raw_body or b"")
        with guard:
            lock = locks.setdefault(self.bucket_name, threading.Lock())
        with lock:
            return put_object(self)

    responses.S3Response.put_object = put_object_checked


def redirect_to(region):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html; AWS says it before it looks at rights."""
    message = "The bucket you are attempting to access must be addressed using the specified endpoint."
    body = f"<Error><Code>PermanentRedirect</Code><Message>{message}</Message></Error>"
    return 301, {"x-amz-bucket-region": region}, body


def check_key(bucket):
    """A bucket that encrypts by itself with a key of KMS asks for a data key as the caller."""
    rule = (bucket.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
    key = rule.get("KMSMasterKeyID")
    if rule.get("SSEAlgorithm") == "aws:kms" and key and not decisions.caller_of.may("kms:GenerateDataKey", key):
        raise KeyRefused(key)


def check_digests(body, headers, raw_body):
    sha256 = headers.get("x-amz-content-sha256", "")
    if re.fullmatch("[0-9a-f]{64}", sha256) and hashlib.sha256(body).hexdigest() != sha256:
        raise BodyHashMismatch()
    md5 = headers.get("Content-MD5")
    if md5:
        check_md5(body, md5)
    for algorithm in ALGORITHMS:
        wanted = stated_checksum(headers, raw_body, f"x-amz-checksum-{algorithm.lower()}")
        if wanted and as_text(compute_checksum(body, algorithm)) != wanted:
            raise BadDigest(algorithm)


def check_md5(body, stated):
    try:
        digest = base64.b64decode(stated, validate=True)
    except ValueError:
        raise InvalidDigest() from None
    if len(digest) != hashlib.md5().digest_size:
        raise InvalidDigest()
    if digest != hashlib.md5(body).digest():
        raise BadDigest("Content-MD5")


def stated_checksum(headers, raw_body, name):
    """From the header, or from the trailer after a body that was sent in chunks."""
    if headers.get(name):
        return headers[name]
    if headers.get("x-amz-trailer", "").lower() != name:
        return None
    found = re.search(rb"%s:([^\r\n]+)" % name.encode(), raw_body[-300:])
    return found[1].decode().strip() if found else None


def as_text(value):
    return value.decode() if isinstance(value, bytes) else value
