/** What went wrong with TLS, and what a technician can do about it. */
export interface TlsTrouble {
  readonly what: string;
  readonly hint: string;
}

const EXPIRED: TlsTrouble = {
  what: 'the certificate of the broker has expired',
  hint: 'Compare date and time of this machine first; if they are right, the platform must renew its certificate.',
};
const NOT_YET_VALID: TlsTrouble = {
  what: 'the certificate of the broker is not valid yet',
  hint: 'The clock of this machine is probably behind: check the time source (NTP) and the battery of the clock.',
};
const OTHER_NAME: TlsTrouble = {
  what: 'the certificate of the broker is for another name',
  hint: 'Write the address exactly as the name in the certificate; if it is, somebody else may be answering.',
};
const UNKNOWN_AUTHORITY: TlsTrouble = {
  what: 'the certificate of the broker comes from an authority that is not trusted here',
  hint: 'Ask the platform for its authority (PEM) and name that file in caFile; do not go on without it.',
};
const REVOKED: TlsTrouble = {
  what: 'the certificate of the broker has been revoked',
  hint: 'Do not connect; tell the platform at once.',
};
const OWN_CERTIFICATE: TlsTrouble = {
  what: 'the broker does not accept the certificate of this site',
  hint: 'Check certFile and keyFile, that the certificate has not expired, and that the platform knows its authority.',
};
const OLD_PROTOCOL: TlsTrouble = {
  what: 'the broker speaks no version of TLS that is safe (1.2 or 1.3)',
  hint: 'The platform must switch on TLS 1.2 or 1.3; older versions are never used.',
};
const NO_TLS: TlsTrouble = {
  what: 'what answers there does not speak TLS',
  hint: 'Check the port: 8883 is the usual one with TLS. The connection is never made without.',
};
const FILES: TlsTrouble = {
  what: 'a certificate or key file cannot be used',
  hint: 'Check that caFile, certFile and keyFile are PEM, and that key and certificate belong together.',
};
const OTHER: TlsTrouble = {
  what: 'TLS failed',
  hint: 'Check that caFile is the authority of the broker, that the address is the name in its certificate, and that the clock is right.',
};

/** By the codes of Node and OpenSSL (X509_V_ERR_…, SSL alerts); the first that fits. */
const TROUBLES: readonly (readonly [code: RegExp, trouble: TlsTrouble])[] = [
  [/^CERT_HAS_EXPIRED$/, EXPIRED],
  [/^CERT_NOT_YET_VALID$/, NOT_YET_VALID],
  [/^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/, OTHER_NAME],
  [
    /^(SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_UNTRUSTED|INVALID_CA|CERT_SIGNATURE)/,
    UNKNOWN_AUTHORITY,
  ],
  [/^(CERT_REVOKED|CRL_)/, REVOKED],
  [/ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/, OWN_CERTIFICATE],
  [/UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION|VERSION_TOO_LOW/, OLD_PROTOCOL],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/, NO_TLS],
  [/^ERR_OSSL_|KEY_VALUES_MISMATCH|NO_START_LINE/, FILES],
  [/^(ERR_TLS|ERR_SSL|EPROTO|CERT_|UNABLE_TO)/, OTHER],
];

/**
 * Null for what has nothing to do with TLS.
 *
 * @param text of the error: where writing fails first, the code is EPROTO and only the text tells OpenSSL's reason
 */
export function tlsTrouble({
  code,
  text,
}: {
  readonly code: string;
  readonly text: string;
}): TlsTrouble | null {
  const known = (name: string): TlsTrouble | null =>
    TROUBLES.find(([pattern]) => pattern.test(name))?.[1] ?? null;
  return (code === 'EPROTO' ? known(reasonIn(text)) : null) ?? known(code);
}

/** `tlsv1 alert protocol version` as `TLSV1_ALERT_PROTOCOL_VERSION`. */
function reasonIn(text: string): string {
  return text.toUpperCase().replaceAll(' ', '_');
}
