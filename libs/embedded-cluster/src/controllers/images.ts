/** What an image does, by the last segment of its name: `registry.example/team/crash:1.2` is `crash`. */
export type ImageBehaviour = 'normal' | 'missing' | 'crash' | 'oom' | 'slow' | 'unready';

const special: readonly string[] = ['missing', 'crash', 'oom', 'slow', 'unready'] satisfies ImageBehaviour[];

export function behaviourOf(image: string): ImageBehaviour {
  const name = image.split('@')[0]?.split('/').at(-1)?.split(':')[0] ?? '';
  return special.includes(name) ? (name as ImageBehaviour) : 'normal';
}
