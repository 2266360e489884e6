"""Resources where films lie in a bucket: dagster-aws's S3 resource, and a studio that stores through it.

Fields left empty are found as boto3 finds them everywhere; a key belongs in the environment, not in a configuration.
Imported only where ``FILM_STORAGE`` names a bucket: dagster-aws takes seconds. Not here: how objects are stored
(``storage/s3.py``).
"""

from typing import TYPE_CHECKING

import dagster as dg
from dagster_aws.s3 import S3Resource

from film_pipeline.defs.resources import StudioResource
from film_pipeline.settings import load_settings
from film_pipeline.storage.s3_connection import PATIENT_ATTEMPTS, connect
from film_pipeline.studio import Studio, open_studio

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class BucketResource(S3Resource):
    """dagster-aws's resource whose client also suits older servers and bears a server that is away for a while."""

    max_attempts: int = PATIENT_ATTEMPTS

    def get_client(self) -> "S3Client":
        return self.connect(self.max_attempts)

    def connect(self, attempts: int) -> "S3Client":
        """A client that tries each call so many times, and not more often than the resource allows."""
        client = connect(
            attempts=min(attempts, self.max_attempts),
            profile_name=self.profile_name,
            region_name=self.region_name,
            endpoint_url=self.endpoint_url,
            use_ssl=self.use_ssl,
            verify=self.verify,
            aws_access_key_id=self.aws_access_key_id,
            aws_secret_access_key=self.aws_secret_access_key,
            aws_session_token=self.aws_session_token,
        )
        if self.use_unsigned_session:
            from botocore.handlers import disable_signing

            client.meta.events.register("choose-signer.s3.*", disable_signing)
        return client


class BucketStudioResource(StudioResource):
    """The studio of one home whose films lie in a bucket."""

    s3: BucketResource

    def create_resource(self, context: dg.InitResourceContext) -> Studio:
        return open_studio(load_settings(FILM_HOME=self.home), connect=self.s3.connect)
