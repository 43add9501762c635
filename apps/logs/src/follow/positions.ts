/** How far a container's lines have been published. */
export interface Position {
  /** Of the newest line, as toLineTime writes it; empty before the first. */
  readonly time: string;
  /** Lines of exactly that time that have been published. */
  readonly count: number;
  /** The container's restarts when it was last followed; -1 before the first run. */
  readonly run: number;
}

/** By `<pod uid>/<container>`. */
export type Positions = Readonly<Record<string, Position>>;
