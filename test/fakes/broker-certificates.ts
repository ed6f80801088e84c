import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TestCertificates {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** An authority and a server certificate for one name, made with openssl in a folder of the test's own. */
export function makeCertificates(folder: string, subjectAltName: string): TestCertificates {
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { stdio: 'pipe' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    ...['req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=test authority'],
    ...['-keyout', at('ca.key'), '-out', at('ca.crt')],
  );
  openssl(
    'req',
    ...newKey,
    ...['-subj', '/CN=test broker', '-keyout', at('broker.key'), '-out', at('broker.csr')],
  );
  writeFileSync(at('names'), `subjectAltName=${subjectAltName}\n`);
  openssl(
    ...['x509', '-req', '-in', at('broker.csr'), '-CA', at('ca.crt'), '-CAkey', at('ca.key')],
    ...['-CAcreateserial', '-days', '2', '-extfile', at('names'), '-out', at('broker.crt')],
  );
  return { caFile: at('ca.crt'), certFile: at('broker.crt'), keyFile: at('broker.key') };
}
