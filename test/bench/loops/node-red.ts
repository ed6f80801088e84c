/** Node-RED with its Modbus node, installed by npm into a folder that later runs find again. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Program, startProgram } from '../common/programs.ts';
import { INPUTS } from './bus-plans.ts';

const NODE_RED = '5.0.7';
const MODBUS_NODE = '5.60.2';
/**
 * The Modbus node wants its own edition of modbus-serial from a host beside the registry; the edition on the
 * registry stands in for it.
 */
const MODBUS_SERIAL = '8.0.25';
const INSTALL_WITHIN_MS = 300_000;

export const NODE_RED_LABEL = `Node-RED ${NODE_RED}, node-red-contrib-modbus ${MODBUS_NODE} on modbus-serial ${MODBUS_SERIAL}`;

const PACKAGE = {
  name: 'bench-node-red',
  private: true,
  dependencies: { 'node-red': NODE_RED, 'node-red-contrib-modbus': MODBUS_NODE },
  overrides: { '@openp4nr/modbus-serial': `npm:modbus-serial@${MODBUS_SERIAL}` },
};

/** The folder with both packages; rejects when they cannot be had. */
export async function installNodeRed(): Promise<string> {
  const folder = join(tmpdir(), `roadside-bench-node-red-${NODE_RED}-${MODBUS_NODE}`);
  if (existsSync(join(folder, 'complete'))) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(PACKAGE));
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund'];
  await promisify(execFile)('npm', args, { cwd: folder, timeout: INSTALL_WITHIN_MS });
  writeFileSync(join(folder, 'complete'), '');
  return folder;
}

export interface NodeRedTask {
  readonly port: number;
  readonly unit: number;
  /** `saturate`: the next request as soon as the reply is there, without the node's queue. */
  readonly pace: 'saturate' | { readonly everyMs: number };
  readonly core?: number;
}

/** Starts a flow that reads INPUTS discrete inputs and looks for changes in them, as our decoder does. */
export async function startNodeRed(folder: string, task: NodeRedTask): Promise<Program> {
  const home = join(folder, `home-${task.unit}`);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home);
  writeFileSync(join(home, 'flows.json'), JSON.stringify(flowsOf(task)));
  writeFileSync(join(home, 'settings.js'), SETTINGS);
  const red = join(folder, 'node_modules/node-red/red.js');
  const program = startProgram({
    name: 'Node-RED',
    command: [process.execPath, red, '-u', home, '-s', join(home, 'settings.js')],
    ...(task.core === undefined ? {} : { core: task.core }),
    env: { ...process.env, NODE_PATH: join(folder, 'node_modules') },
    cwd: home,
  });
  await program.line((line) => line.includes('Started flows'));
  return program;
}

/** No editor, no port, nothing but the flow. */
const SETTINGS = `module.exports = {
  flowFile: 'flows.json', credentialSecret: false, httpAdminRoot: false, httpNodeRoot: false,
  uiHost: '127.0.0.1', uiPort: 0, nodesDir: [], logging: { console: { level: 'info', metrics: false, audit: false } },
  telemetry: { enabled: false, updateNotification: false },
  externalModules: { autoInstall: false, palette: { allowInstall: false } },
};
`;

const LOOK_FOR_CHANGES = `const before = context.get('inputs');
const inputs = msg.payload;
let changes = 0;
if (before) for (let i = 0; i < ${INPUTS}; i += 1) if (inputs[i] !== before[i]) changes += 1;
context.set('inputs', inputs);
context.set('changes', (context.get('changes') || 0) + changes);
`;

function flowsOf({ port, unit, pace }: NodeRedTask): readonly object[] {
  const server = {
    id: 'server',
    type: 'modbus-client',
    name: '',
    clienttype: 'tcp',
    bufferCommands: pace !== 'saturate',
    tcpHost: '127.0.0.1',
    tcpPort: String(port),
    tcpType: 'DEFAULT',
    unit_id: String(unit),
    commandDelay: '1',
    clientTimeout: '1000',
    reconnectOnTimeout: true,
    reconnectTimeout: '2000',
    parallelUnitIdsAllowed: true,
  };
  const tab = { id: 'tab', type: 'tab', label: 'bench' };
  const place = { z: 'tab', x: 100, y: 100 };
  const look = { id: 'look', type: 'function', name: '', outputs: 1, noerr: 0, ...place };
  if (pace !== 'saturate') {
    const read = {
      id: 'read',
      type: 'modbus-read',
      unitid: '',
      dataType: 'Input',
      adr: '0',
      quantity: String(INPUTS),
      rate: String(pace.everyMs),
      rateUnit: 'ms',
      delayOnStart: false,
      server: 'server',
      ...place,
      wires: [['look'], []],
    };
    return [tab, server, read, { ...look, func: LOOK_FOR_CHANGES, wires: [] }];
  }
  const ask = `return { payload: { fc: 2, unitid: ${unit}, address: 0, quantity: ${INPUTS} } };`;
  return [
    tab,
    server,
    {
      id: 'begin',
      type: 'inject',
      props: [],
      repeat: '',
      once: true,
      onceDelay: 2,
      ...place,
      wires: [['first']],
    },
    { id: 'first', type: 'function', func: ask, outputs: 1, ...place, wires: [['get']] },
    { id: 'get', type: 'modbus-flex-getter', server: 'server', ...place, wires: [['look'], []] },
    { ...look, func: `${LOOK_FOR_CHANGES}${ask}`, wires: [['get']] },
  ];
}
