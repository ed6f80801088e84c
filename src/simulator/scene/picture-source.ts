import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';
import { NORTH_LANES } from '../traffic/lane-plan.ts';
import type { RoadVehicle } from '../traffic/road-change.ts';
import type { CameraView } from './camera-view.ts';
import {
  groundYM,
  LANE_WIDTH_M,
  laneCentreXM,
  loopCorners,
  ROAD_WIDTH_M,
  TUNNEL_DARK_YM,
  TUNNEL_MOUTH_YM,
} from './road-layout.ts';

/** A browser that draws what the camera sees. */
export interface PictureSource {
  /** One picture with these `north` vehicles, encoded. */
  draw(options: {
    readonly vehicles: readonly RoadVehicle[];
    readonly caption: string;
    readonly type: 'image/png' | 'image/jpeg';
  }): Promise<Buffer>;
  close(): Promise<void>;
}

/** Software rendering: the picture is the same on every machine, with or without a graphics card. */
const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

const CONTENT_TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

export async function openPictureSource(options: {
  readonly view: CameraView;
  readonly chromiumPath: string;
}): Promise<PictureSource> {
  const server = await servePage();
  const browser = await chromium.launch({
    executablePath: options.chromiumPath,
    args: CHROMIUM_ARGUMENTS,
  });
  const close = async (): Promise<void> => {
    await browser.close();
    server.close();
  };
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}/page/index.html`);
    await page.waitForFunction('window.loaded === true');
    const layout = {
      roadWidth: ROAD_WIDTH_M,
      laneWidth: LANE_WIDTH_M,
      tunnelMouth: TUNNEL_MOUTH_YM,
      tunnelDark: TUNNEL_DARK_YM,
      loops: NORTH_LANES.flatMap((lane) => lane.loops.map((zone) => loopCorners(lane, zone))),
    };
    await page.evaluate(`window.prepare(${JSON.stringify({ view: options.view, layout })})`);
    return {
      async draw({ vehicles, caption, type }) {
        const placed = vehicles.map(placeOf);
        const base64 = await page.evaluate(
          `window.draw(${JSON.stringify({ vehicles: placed, caption, type })})`,
        );
        return Buffer.from(String(base64), 'base64');
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function placeOf({ body, paint, lane, frontM, direction }: RoadVehicle) {
  const plan = NORTH_LANES.find((candidate) => candidate.lane === lane);
  if (plan === undefined) throw new RangeError(`the camera does not see lane ${lane}`);
  return { body, paint, x: laneCentreXM(plan), y: groundYM(frontM), reverse: direction === 'reverse' };
}

/** Serves the page and three.js to the browser, on this machine only. */
async function servePage(): Promise<{ readonly url: string; close(): void }> {
  const threeRoot = join(dirname(createRequire(import.meta.url).resolve('three')), '..');
  const roots: Readonly<Record<string, string>> = {
    page: join(import.meta.dirname, 'page'),
    three: threeRoot,
  };
  const server = createServer((request, response) => {
    const [, root = '', ...rest] = normalize(new URL(request.url ?? '/', 'http://localhost').pathname).split(
      '/',
    );
    const folder = roots[root];
    const type = CONTENT_TYPES[extname(rest.join('/'))];
    if (folder === undefined || type === undefined) {
      response.writeHead(404).end();
      return;
    }
    const file = createReadStream(join(folder, ...rest));
    file.on('error', () => response.writeHead(404).end());
    file.on('open', () => response.writeHead(200, { 'content-type': type }));
    file.pipe(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
