import { describe, expect, it } from 'vitest';
import { createLogger, type LogLevel } from './logger.ts';

function logInto(level: LogLevel) {
  const lines: string[] = [];
  return { lines, logger: createLogger({ level, write: (line) => lines.push(line) }) };
}

describe('the logger', () => {
  it('writes one JSON line per call with time, level, area and fields', () => {
    const { lines, logger } = logInto('info');
    logger.child('uplink').warn('late\nacknowledgement', { lateMs: 12 });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith('\n')).toBe(true);
    expect(lines[0]?.trimEnd()).not.toContain('\n');
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/),
      area: 'uplink',
      lateMs: 12,
      msg: 'late\nacknowledgement',
    });
  });

  it('writes nothing below its level', () => {
    const { lines, logger } = logInto('warn');
    logger.info('quiet');
    logger.warn('heard');
    expect(lines).toHaveLength(1);
  });

  it('hides secrets in fields, errors and text', () => {
    const { lines, logger } = logInto('debug');
    logger.error('broken rtsp://a:hunter2@cam', {
      camera: { password: 'hunter2' },
      error: new Error('at rtsp://a:hunter2@cam'),
    });
    expect(lines.join('')).not.toContain('hunter2');
  });
});

describe('the level of a log', () => {
  it('can be changed for the whole process, children included, and back', () => {
    const lines: string[] = [];
    const logger = createLogger({ level: 'warn', write: (line) => lines.push(line) });
    const child = logger.child('uplink');
    child.info('unheard');
    logger.setLevel('debug');
    child.debug('heard');
    logger.setLevel('silent');
    child.error('unheard');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ msg: 'heard', area: 'uplink' }]);
  });
});
