import { type Site, siteSchema } from '../../src/catalog/schema/site.ts';

interface Given {
  readonly camera: object;
  readonly lane?: object;
  /** Takes the place of what the site file says otherwise. */
  readonly site?: object;
}

/** It goes from 100 to 300 across, from 50 to 300 down. */
export const DRAWN_LANE = {
  lane: 'north-1',
  polygon: [
    [100, 50],
    [300, 50],
    [300, 300],
    [100, 300],
  ],
  countLine: [
    [100, 200],
    [300, 200],
  ],
  direction: [
    [200, 60],
    [200, 290],
  ],
};

/** A site of one lane before one camera; what is under test is given. */
export function oneCameraSite(given: Given): Site {
  return siteSchema.parse(oneCameraSiteFile(given));
}

/** The same as it stands in a file. */
export function oneCameraSiteFile(given: Given): object {
  const lane = { ...DRAWN_LANE, ...given.lane };
  return {
    version: 1,
    site: { id: 'demo', name: 'Demo' },
    approaches: [{ id: 'north', name: 'North', lanes: [{ number: 1 }] }],
    cameras: [{ id: 'cam-1', picture: { widthPx: 640, heightPx: 360 }, lanes: [lane], ...given.camera }],
    uplink: { url: 'mqtts://platform.example:8883' },
    ...given.site,
  };
}
