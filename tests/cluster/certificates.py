"""One certificate authority and the certificates and kubeconfigs of a cluster, made by openssl."""

import base64
import json
from pathlib import Path

from cluster.processes import run

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Authority:
    """Signs for one cluster; everything lies in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.certificate = folder / "ca.crt"
        key = str(folder / "ca.key")
        run(
            "openssl", "req", "-x509", *_KEY, "-keyout", key, "-out", str(self.certificate), "-subj", "/CN=film-cluster"
        )

    def issue(self, name: str, subject: str, addresses: tuple[str, ...] = ()) -> tuple[Path, Path]:
        """Certificate and key for ``subject`` (``/O=group/CN=user``), to serve at ``addresses`` and to log in with."""
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        served = [f"IP:{address}" if address[0].isdigit() else f"DNS:{address}" for address in addresses]
        extensions.write_text(
            "extendedKeyUsage=clientAuth,serverAuth\n" + (f"subjectAltName={','.join(served)}\n" if served else "")
        )
        run("openssl", "req", "-new", *_KEY, "-keyout", str(key), "-out", str(request), "-subj", subject)
        signed_by = ("-CA", str(self.certificate), "-CAkey", str(self.folder / "ca.key"), "-CAcreateserial")
        run(
            *("openssl", "x509", "-req", "-in", str(request), "-out", str(certificate), "-days", "30"),
            *(*signed_by, "-extfile", str(extensions)),
        )
        return certificate, key

    def kubeconfig(self, name: str, subject: str, server: str) -> Path:
        """A kubeconfig that logs in at ``server`` as ``subject``."""
        certificate, key = self.issue(name, subject)
        user = {"client-certificate-data": _encoded(certificate), "client-key-data": _encoded(key)}
        cluster = {"server": server, "certificate-authority-data": _encoded(self.certificate)}
        file = self.folder / f"{name}.kubeconfig"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "film", "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": "film", "context": {"cluster": "film", "user": name}}],
            "current-context": "film",
        }
        file.write_text(json.dumps(config))
        return file


def _encoded(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
