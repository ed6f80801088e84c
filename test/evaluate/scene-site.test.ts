import { expect, test } from 'vitest';
import { type Scene, sceneSchema } from './scene.ts';
import { siteOfScene } from './scene-site.ts';

function scene(more: Partial<Scene>): Scene {
  return sceneSchema.parse({
    picture: { widthPx: 640, heightPx: 360 },
    lanes: [
      {
        polygon: [
          [100, 300],
          [500, 300],
          [400, 50],
        ],
        countLine: [
          [150, 250],
          [450, 250],
        ],
        direction: [
          [300, 100],
          [300, 300],
        ],
      },
    ],
    ...more,
  });
}

test('detail of a scene reaches the plan of its camera as the size of its input', async () => {
  const { camera, model } = await siteOfScene(scene({ detail: 'high' }), '/clip.mp4');
  expect(camera.input).toEqual({ widthPx: 640, heightPx: 384 });
  expect(model).toMatchObject({ inputWidthPx: 416, inputHeightPx: 256 });
});

test('without it the input is the model’s own', async () => {
  const { camera } = await siteOfScene(scene({}), '/clip.mp4');
  expect(camera.input).toBeUndefined();
});
