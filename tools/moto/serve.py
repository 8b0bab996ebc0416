"""A server that speaks S3, with one empty bucket, in memory: for the tests.

It listens on a free port of 127.0.0.1, prints its address on one line, and ends when its
standard input does, so that it never outlives whoever started it.
"""

import sys

import boto3
from moto.server import ThreadedMotoServer

BUCKET, REGION, KEY_ID, SECRET = sys.argv[1:]

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
address = f"http://{host}:{port}"
boto3.client(
    "s3",
    endpoint_url=address,
    region_name=REGION,
    aws_access_key_id=KEY_ID,
    aws_secret_access_key=SECRET,
).create_bucket(Bucket=BUCKET)
print(address, flush=True)
sys.stdin.read()
server.stop()
