import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WATCHDOG_PRIORITY } from '../../src/sensors/fieldbus/real-time.ts';
import { hasProgram } from './systemd-fixtures/programs.ts';

const shipped = (name: string): string =>
  readFileSync(new URL(`../../systemd/${name}`, import.meta.url), 'utf8');
const UNIT = shipped('roadside.service');
const REAL_TIME = shipped('real-time.conf');
/** systemd's own score times ten: 0 is no exposure, 96 a unit without any wall. Most daemons of this kind have 92. */
const EXPOSURE_LIMIT = 14;

describe.skipIf(!hasProgram('systemd-analyze'))('the systemd unit (needs systemd-analyze)', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'roadside-unit-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The program is not installed where tests run; everything else is judged as shipped. */
  const analyze = (unit: string, ...args: string[]) => {
    const file = join(folder, 'roadside.service');
    writeFileSync(file, unit.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
    const result = spawnSync('systemd-analyze', [...args, file], { encoding: 'utf8' });
    return { status: result.status, output: result.stdout + result.stderr };
  };
  const expose = (unit: string) =>
    analyze(unit, 'security', '--offline=true', '--no-pager', `--threshold=${EXPOSURE_LIMIT}`);

  it('has no line that systemd does not understand', () => {
    expect(analyze(UNIT, 'verify')).toEqual({ status: 0, output: '' });
  });

  it('a misspelt option would be seen', () => {
    expect(analyze(UNIT.replace('ProtectHome', 'ProtectHouse'), 'verify').output).toContain('ProtectHouse');
  });

  it('takes the drop-in for real-time scheduling', () => {
    const dropIns = join(folder, 'roadside.service.d');
    mkdirSync(dropIns);
    writeFileSync(join(dropIns, 'real-time.conf'), REAL_TIME);
    expect(analyze(UNIT, 'verify')).toEqual({ status: 0, output: '' });
    writeFileSync(join(dropIns, 'real-time.conf'), REAL_TIME.replace('LimitRTPRIO', 'LimitRealTime'));
    expect(analyze(UNIT, 'verify').output).toContain('LimitRealTime');
  });

  it(`is exposed no more than ${EXPOSURE_LIMIT / 10} of 9.6`, () => {
    expect(expose(UNIT)).toMatchObject({ status: 0 });
  });

  it('one wall less would be seen', () => {
    expect(expose(UNIT.replace(/^PrivateUsers=yes$/m, ''))).toMatchObject({ status: 1 });
  });
});

describe('what the unit owes to the programs it runs', () => {
  const settings = (name: string, unit = UNIT): string[] =>
    unit.split('\n').flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []));

  it('onnxruntime is told not to report to its maker', () => {
    expect(settings('Environment')).toContain('ORT_DISABLE_TELEMETRY=1');
  });

  it('no option is set on which V8 or onnxruntime dies', () => {
    expect(settings('MemoryDenyWriteExecute')).toEqual([]);
    expect(settings('SystemCallFilter')[0]).toContain('@pkey');
    expect(settings('SystemCallErrorNumber')).toEqual(['EPERM']);
  });

  it('notifications of the systemd-notify program are accepted', () => {
    expect([settings('Type'), settings('NotifyAccess')]).toEqual([['notify'], ['all']]);
  });

  it('real-time scheduling is refused as shipped, and the drop-in allows what the fieldbus process asks for', () => {
    expect([settings('RestrictRealtime'), settings('LimitRTPRIO')]).toEqual([['yes'], []]);
    expect(settings('RestrictRealtime', REAL_TIME)).toEqual(['no']);
    expect(settings('LimitRTPRIO', REAL_TIME)).toEqual([String(WATCHDOG_PRIORITY)]);
    expect(settings('SystemCallFilter', REAL_TIME)[0]).toContain('sched_setscheduler');
  });

  it('it is restarted for ever', () => {
    expect([settings('Restart'), settings('StartLimitIntervalSec')]).toEqual([['always'], ['0']]);
  });
});
