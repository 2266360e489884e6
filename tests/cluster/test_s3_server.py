"""The S3 server is real: what it acknowledged outlives SIGKILL, and a condition on a write holds."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from cluster.s3_server import S3Server


def test_acknowledged_objects_outlive_a_killed_server(s3: S3Server) -> None:
    client = s3.client()
    client.create_bucket(Bucket="kept")
    for number in range(20):
        client.put_object(Bucket="kept", Key=f"{number}", Body=bytes([number]) * 100_000)
    s3.kill()
    with pytest.raises(EndpointConnectionError):
        s3.client().list_buckets()
    s3.start()
    for number in range(20):
        assert client.get_object(Bucket="kept", Key=f"{number}")["Body"].read() == bytes([number]) * 100_000


def test_one_of_many_conditional_writers_wins(s3: S3Server) -> None:
    client = s3.client()
    client.create_bucket(Bucket="raced")

    def write(number: int) -> int:
        try:
            client.put_object(Bucket="raced", Key="pointer", Body=b"%d" % number, IfNoneMatch="*")
        except ClientError as error:
            return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
        return 200

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(write, range(16)))
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 409, 412}
