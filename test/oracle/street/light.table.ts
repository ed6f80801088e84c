export type LightName = 'day' | 'dusk' | 'night' | 'rain';

/** Light and camera, in photometric units: what is plausible, not what a detector likes. */
export interface Light {
  readonly sunLux: number;
  /** Towards the sun: x, height, towards the camera. */
  readonly sunFrom: readonly [number, number, number];
  /** Mean luminance of the sky, and its colours. */
  readonly skyCdM2: number;
  readonly sky: { readonly zenith: string; readonly horizon: string; readonly ground: string };
  /** Of each lamp, 9 m up and 28 m apart; 0 by day. */
  readonly streetLampCd: number;
  /** Low beams and tail lamps of vehicles are on. */
  readonly lamps: boolean;
  readonly wet: boolean;
  /** The luminance that the camera makes white: its exposure. */
  readonly whiteCdM2: number;
  readonly exposureS: number;
  /** Into so many moments the exposure is cut, for the smear of what moves. */
  readonly exposureParts: number;
  readonly rain: { readonly dropsPerPicture: number; readonly brightness: number } | null;
  readonly lens: {
    /** Shares of light that the lens scatters over about 5 and about 40 pixels. */
    readonly glare: readonly [number, number];
    /** Light that the glass spreads over the whole picture, as a share of white. */
    readonly veil: number;
    /** Variance = first × light + second², light as a share of white. */
    readonly noise: readonly [number, number];
    /** Raindrops that stay on the glass. */
    readonly drops: number;
  };
  /** Of the encoder: cameras spend more bits where it is noisy, and lose more detail. */
  readonly crf: number;
}

/**
 * Illuminance by the sun and sky: CIE S 011 and the usual tables (clear noon 60 klx direct; 40 lx a quarter of an
 * hour after sunset, when street lamps are lit; heavy overcast 8 klx). Street lamps: 15 lx on average, CJJ 45 for a
 * secondary road. White follows from aperture, time and gain (ISO 2720, K = 12.5): day f/5.6 1/500 s ISO 100; dusk
 * f/1.6 1/50 s ISO 800; night the same with ISO 2500; rain f/4 1/200 s ISO 100. Noise: a full well of 10,000
 * electrons divided by the gain, halved by the camera's own noise reduction. Glare: 5 % for a clean dome, twice that
 * for a wet one.
 */
export const LIGHTS: Readonly<Record<LightName, Light>> = {
  day: {
    sunLux: 60_000,
    sunFrom: [-14, 34, 24],
    skyCdM2: 6000,
    sky: { zenith: '#6f9fd8', horizon: '#dfe8ee', ground: '#6b6d68' },
    ...{ streetLampCd: 0, lamps: false, wet: false },
    ...{ whiteCdM2: 13_000, exposureS: 1 / 500, exposureParts: 1 },
    rain: null,
    lens: { glare: [0.03, 0.02], veil: 0.004, noise: [1e-4, 0.002], drops: 0 },
    crf: 29,
  },
  dusk: {
    sunLux: 0,
    sunFrom: [0, 1, 0],
    skyCdM2: 12,
    sky: { zenith: '#5a6f95', horizon: '#d8b49a', ground: '#4a4845' },
    ...{ streetLampCd: 3000, lamps: true, wet: false },
    ...{ whiteCdM2: 13, exposureS: 1 / 50, exposureParts: 3 },
    rain: null,
    lens: { glare: [0.03, 0.02], veil: 0.004, noise: [2e-4, 0.003], drops: 0 },
    crf: 29,
  },
  night: {
    sunLux: 0,
    sunFrom: [0, 1, 0],
    skyCdM2: 0.02,
    sky: { zenith: '#181c28', horizon: '#3a2a1c', ground: '#100e0c' },
    ...{ streetLampCd: 3000, lamps: true, wet: false },
    ...{ whiteCdM2: 4, exposureS: 1 / 50, exposureParts: 3 },
    rain: null,
    lens: { glare: [0.03, 0.02], veil: 0.002, noise: [6e-4, 0.004], drops: 0 },
    crf: 31,
  },
  rain: {
    sunLux: 0,
    sunFrom: [0, 1, 0],
    skyCdM2: 2500,
    sky: { zenith: '#c4c8cc', horizon: '#a8adb2', ground: '#5c5d5e' },
    ...{ streetLampCd: 0, lamps: true, wet: true },
    ...{ whiteCdM2: 2500, exposureS: 1 / 200, exposureParts: 1 },
    rain: { dropsPerPicture: 320, brightness: 0.8 },
    lens: { glare: [0.06, 0.04], veil: 0.03, noise: [1e-4, 0.002], drops: 8 },
    crf: 29,
  },
};
