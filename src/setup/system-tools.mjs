import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Refusal, say } from './refusal.mjs';
import { runChild } from './run-child.mjs';

const GST_RTSP = ['python3', '-c', "import gi; gi.require_version('GstRtspServer', '1.0')"];

/**
 * Programs that are not npm packages. `for` lists the commands that need it; an optional one only widens what
 * the tests can reach: without it they say which part they skipped.
 */
export const TOOLS = [
  {
    name: 'ffmpeg',
    packages: ['ffmpeg'],
    for: ['demo', 'test', 'evaluate', 'evaluate-images', 'bench-vision'],
    probe: inPath,
  },
  { name: 'socat', packages: ['socat'], for: ['demo', 'test'], probe: inPath },
  {
    name: 'mosquitto',
    packages: ['mosquitto', 'mosquitto-clients'],
    for: ['test', 'test-faults', 'bench-uplink'],
    probe: inPath,
  },
  {
    name: 'paho-mqtt',
    packages: ['python3-paho-mqtt'],
    for: ['test'],
    optional: true,
    probe: (_name, env) => succeeds(['/usr/bin/python3', '-c', 'import paho.mqtt.client'], env),
  },
  { name: 'openssl', packages: ['openssl'], for: ['test'], probe: inPath },
  { name: 'sumo', packages: ['sumo'], for: ['test'], optional: true, probe: inPath },
  { name: 'gcc', packages: ['gcc', 'libc6-dev'], for: ['bench-loops'], probe: inPath },
  {
    name: 'libmodbus',
    packages: ['libmodbus-dev'],
    for: ['bench-loops'],
    probe: () => existsSync('/usr/include/modbus/modbus.h'),
  },
  { name: 'taskset', packages: ['util-linux'], for: ['bench-loops'], probe: inPath },
  {
    name: 'OpenCV',
    packages: ['python3-opencv'],
    for: ['bench-vision'],
    optional: true,
    probe: (_name, env) => succeeds(['/usr/bin/python3', '-c', 'import cv2'], env),
  },
  {
    name: 'strace',
    packages: ['strace'],
    for: ['test', 'test-faults', 'bench-uplink'],
    optional: true,
    probe: inPath,
  },
  { name: 'mkfs.xfs', packages: ['xfsprogs'], for: ['test-faults'], optional: true, probe: inPath },
  { name: 'mkfs.ext4', packages: ['e2fsprogs'], for: ['test-faults'], optional: true, probe: inPath },
  { name: 'ip', packages: ['iproute2'], for: ['test-faults'], optional: true, probe: inPath },
  { name: 'faketime', packages: ['faketime'], for: ['test-faults'], optional: true, probe: inPath },
  {
    name: 'GStreamer RTSP server',
    packages: [
      'python3-gi',
      'gir1.2-gst-rtsp-server-1.0',
      'gstreamer1.0-plugins-base',
      'gstreamer1.0-plugins-good',
      'gstreamer1.0-plugins-bad',
    ],
    for: ['test'],
    optional: true,
    probe: (_name, env) => succeeds(GST_RTSP, env),
  },
];

/**
 * Brings what `command` needs from outside npm: with apt-get where it may, else by telling the one command.
 */
export async function ensureTools({ command, env }) {
  const needed = TOOLS.filter((tool) => tool.for.includes(command));
  const missing = needed.filter((tool) => !tool.probe(tool.name, env));
  if (missing.length === 0) return;

  const required = (tools) => tools.filter((tool) => tool.optional !== true);
  const prefix = aptPrefix(env);
  if (prefix !== undefined) {
    await aptInstall({ prefix, tools: missing, env });
    const still = missing.filter((tool) => !tool.probe(tool.name, env));
    // One package that this release lacks must not keep the others away.
    if (required(still).length > 0 && still.length > required(still).length) {
      await aptInstall({ prefix, tools: required(still), env });
    }
  }
  const still = missing.filter((tool) => !tool.probe(tool.name, env));
  const remedy = remedyFor(still, env);
  if (required(still).length > 0) throw new Refusal(`${namesOf(required(still))}: not installed`, remedy);
  if (still.length > 0) say(`${namesOf(still)}: not installed: what needs it is left out. ${remedy}`);
}

/** How to run apt-get without asking anybody: as root, or with a sudo that needs no password. */
function aptPrefix(env) {
  if (!inPath('apt-get', env)) return undefined;
  if (process.getuid?.() === 0) return [];
  return inPath('sudo', env) && succeeds(['sudo', '-n', 'true'], env) ? ['sudo', '-n'] : undefined;
}

async function aptInstall({ prefix, tools, env }) {
  const packages = tools.flatMap((tool) => tool.packages);
  const quiet = { ...env, DEBIAN_FRONTEND: 'noninteractive' };
  say(`installing with apt-get: ${packages.join(' ')}`);
  const apt = (args) => {
    const [file, ...rest] = [...prefix, 'apt-get', '-qq', ...args];
    return runChild({ file, args: rest, cwd: '/', env: quiet });
  };
  await apt(['update']);
  await apt(['install', '-y', '--no-install-recommends', ...packages]);
}

function remedyFor(tools, env) {
  const packages = tools.flatMap((tool) => tool.packages).join(' ');
  if (inPath('apt-get', env)) return `Run: sudo apt-get install -y ${packages}`;
  return `Install them with your system’s package manager; their names on Debian: ${packages}`;
}

function namesOf(tools) {
  return tools.map((tool) => tool.name).join(', ');
}

/** Debian keeps servers in /usr/sbin, which an ordinary user's PATH leaves out. */
function inPath(name, env) {
  return [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

function succeeds([file, ...args], env) {
  return spawnSync(file, args, { env, stdio: 'ignore', timeout: 20_000 }).status === 0;
}
