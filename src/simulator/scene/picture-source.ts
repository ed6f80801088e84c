import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';
/** A browser with a scene: one of the pages beside this file, which makes `window.prepare` and `window.draw`. */
export interface PictureSource {
  /** What the page's `draw` makes of a frame. */
  draw(frame: object): Promise<unknown>;
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

/** @param options.setting what the page's `prepare` is given */
export async function openPictureSource(options: {
  readonly page: 'index.html' | 'street.html';
  readonly setting: object;
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
    await page.goto(`${server.url}/page/${options.page}`);
    await page.waitForFunction('window.loaded === true');
    await page.evaluate(`window.prepare(${JSON.stringify(options.setting)})`);
    return { draw: (frame) => page.evaluate(`window.draw(${JSON.stringify(frame)})`), close };
  } catch (error) {
    await close();
    throw error;
  }
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
