/** What an image does, by the last segment of its name: `registry.example/team/crash:1.2` is `crash`. */
export type ImageBehaviour = 'missing' | 'crash' | 'memory' | 'slow' | 'unready' | 'stubborn' | 'web' | 'other';

const named: readonly string[] = [
  'missing',
  'crash',
  'memory',
  'slow',
  'unready',
  'stubborn',
  'web',
] satisfies ImageBehaviour[];

export function behaviourOf(image: string): ImageBehaviour {
  const name = image.split('@')[0]?.split('/').at(-1)?.split(':')[0] ?? '';
  return named.includes(name) ? (name as ImageBehaviour) : 'other';
}

/** Whether a container of this image may come to its end by itself. */
export function mayEnd(behaviour: ImageBehaviour): boolean {
  return behaviour === 'other';
}
