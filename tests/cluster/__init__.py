"""Films on a real Kubernetes with a real S3 server: `make test-cluster`. Needs Debian 12 and root."""
