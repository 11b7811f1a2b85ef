"""A real OpenSearch node with fine-grained access control over TLS: what a domain with the security plugin does.

    with SecuredNode.start(folder) as node:
        client = node.client()                      # the operator's, by certificate: may do everything
        node.client(user="ada", password="...")     # anybody else: what their roles allow

Certificates are made on the spot and valid for a day. Nobody has a password until one is given.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from opensearchpy import OpenSearch
from opensearchpy.exceptions import OpenSearchException, SSLError

from tidegate_local.node import Node
from tidegate_local.node_distribution import SECURED, distribution

_NODE, _OPERATOR = "node", "operator"  # names of certificates; as distinguished names CN=node and CN=operator
# Read by the plugin when it makes its index; roles, mappings and action groups are those that it comes with.
_NOBODY = '_meta:\n  type: "internalusers"\n  config_version: 2\n'


class SecuredNode(Node):
    release = SECURED

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def certificates(self) -> Path:
        return self.folder / "config" / "certificates"

    def client(self, user: str = "", password: str = "") -> OpenSearch:
        """Without a user the operator's, who is known by certificate."""
        given: dict[str, Any] = (
            {"http_auth": (user, password)}
            if user
            else {
                "client_cert": str(self.certificates / f"{_OPERATOR}.pem"),
                "client_key": str(self.certificates / f"{_OPERATOR}.key"),
            }
        )
        authority = str(self.certificates / "authority.pem")
        return OpenSearch(self.url, ca_certs=authority, verify_certs=True, max_retries=0, timeout=30, **given)

    def answers(self) -> bool:
        """Is it there, are its shards assigned, and has the plugin made its own index?"""
        try:
            with self.client() as client:
                client.cluster.health(params={"wait_for_status": "yellow"})
                return bool(client.transport.perform_request("GET", "/_plugins/_security/api/roles"))
        except SSLError:
            raise  # no waiting mends a certificate
        except OpenSearchException:
            return False

    def _configure(self) -> None:
        for layer in ("http", "transport"):
            self.settings |= {
                f"plugins.security.ssl.{layer}.pemcert_filepath": "certificates/node.pem",
                f"plugins.security.ssl.{layer}.pemkey_filepath": "certificates/node.key",
                f"plugins.security.ssl.{layer}.pemtrustedcas_filepath": "certificates/authority.pem",
            }
        self.settings |= {
            "plugins.security.ssl.http.enabled": "true",
            "plugins.security.ssl.transport.enforce_hostname_verification": "false",
            "plugins.security.allow_default_init_securityindex": "true",
            "plugins.security.authcz.admin_dn": f"CN={_OPERATOR}",
            "plugins.security.nodes_dn": f"CN={_NODE}",
            "plugins.security.restapi.roles_enabled": "all_access",
        }
        super()._configure()
        make_certificates(self.certificates)
        plugin = distribution(release=self.release) / "plugins" / "opensearch-security"
        security = self.folder / "config" / "opensearch-security"
        shutil.copytree(plugin / "config", security, dirs_exist_ok=True)
        (security / "internal_users.yml").write_text(_NOBODY)


def make_certificates(folder: Path) -> None:
    """An authority, and what it signed for the node (on loopback) and for the operator. PEM, valid for a day."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("authority")
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)  # signs, certificates and lists
    authority = (
        _builder(name, name, key.public_key(), key.public_key())
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(usage, critical=True)
    )
    (folder / "authority.pem").write_bytes(authority.sign(key, hashes.SHA256()).public_bytes(_PEM))
    for owner in (_NODE, _OPERATOR):
        own = ec.generate_private_key(ec.SECP256R1())
        places = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")])
        signed = _builder(_name(owner), name, own.public_key(), key.public_key()).add_extension(places, critical=False)
        (folder / f"{owner}.pem").write_bytes(signed.sign(key, hashes.SHA256()).public_bytes(_PEM))
        private = folder / f"{owner}.key"
        private.touch(mode=0o600)
        private.write_bytes(own.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


_PEM = serialization.Encoding.PEM


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, signer: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)  # Python 3.13 asks for both
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
    )
