import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TestCertificates {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Of a client, signed by the same authority. */
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
}

/** Days from now. */
export interface Validity {
  readonly fromDays: number;
  readonly toDays: number;
}

/**
 * An authority, a server certificate for one name and a client certificate, made with openssl in a folder of the test's
 * own. `validity` is that of the server's.
 */
export function makeCertificates(
  folder: string,
  subjectAltName: string,
  validity: Validity = { fromDays: 0, toDays: 2 },
): TestCertificates {
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { stdio: 'pipe', cwd: folder });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    ...['req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=test authority'],
    ...['-keyout', at('ca.key'), '-out', at('ca.crt')],
  );
  // `openssl x509` cannot set a beginning, `openssl ca` can; it wants a list of what it has signed.
  writeFileSync(at('signed'), '');
  writeFileSync(
    at('ca.conf'),
    '[ca]\ndefault_ca=here\n[here]\ndatabase=signed\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\nrand_serial=yes\n[any]\ncommonName=supplied\n',
  );
  writeFileSync(at('broker.names'), `subjectAltName=${subjectAltName}\n`);
  writeFileSync(at('client.names'), 'subjectAltName=DNS:cabinet.example\n');
  const sign = (name: string, { fromDays, toDays }: Validity): void => {
    openssl(
      'req',
      ...newKey,
      ...['-subj', `/CN=test ${name}`, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`)],
    );
    openssl(
      ...[
        'ca',
        '-batch',
        '-notext',
        '-config',
        at('ca.conf'),
        '-cert',
        at('ca.crt'),
        '-keyfile',
        at('ca.key'),
      ],
      ...['-startdate', dayOf(fromDays), '-enddate', dayOf(toDays), '-extfile', at(`${name}.names`)],
      ...['-in', at(`${name}.csr`), '-out', at(`${name}.crt`)],
    );
  };
  sign('broker', validity);
  sign('client', { fromDays: -1, toDays: 2 });
  return {
    caFile: at('ca.crt'),
    certFile: at('broker.crt'),
    keyFile: at('broker.key'),
    clientCertFile: at('client.crt'),
    clientKeyFile: at('client.key'),
  };
}

/** `YYYYMMDDHHMMSSZ`, an hour earlier, so that "now" has begun on every machine. */
function dayOf(days: number): string {
  const at = new Date(Date.now() + days * 86_400_000 - 3_600_000);
  return `${at.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}
