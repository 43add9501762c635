import { describe, expect, it } from 'vitest';

import { toContainersChanged } from './app.view.js';
import { newContainer } from './container.js';

const container = (name: string) => newContainer({ name, image: `${name}:1`, variables: [], ports: [] }, new Date());
const told = ({ id, name, image }: ReturnType<typeof container>) => ({ id, name, image });

describe('toContainersChanged', () => {
  it('tells what was made, what became another and what went, and nothing of what stayed', () => {
    const [stays, goes, comes] = [container('stays'), container('goes'), container('comes')];
    const [before, after] = [container('app'), container('app')];
    expect(toContainersChanged([stays, before, goes], [stays, after, comes])).toEqual({
      created: [told(comes)],
      replaced: [told(after)],
      removed: [told(goes)],
    });
  });
});
