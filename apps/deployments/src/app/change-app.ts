// Owns what every command on an App that exists has in common: who may, in whose turn, at which version, and who is woken after the commit.
import { Injectable } from '@nestjs/common';
import type { Actor, AppCommand, AppId, AppRef, Command, Envelope } from '@slipway/contracts';
import { Inbox, type Tx } from '@slipway/persistence';

import { writerOf } from './actor.js';
import { refusal } from './app.js';
import { AppQueries, type FoundApp } from './app.queries.js';
import { AppSignals } from './app-signals.js';
import { orRefuse } from './or-refuse.js';

@Injectable()
export class ChangeApp {
  constructor(
    private readonly inbox: Inbox,
    private readonly queries: AppQueries,
    private readonly signals: AppSignals,
  ) {}

  /** `Inbox.onceInTurn` with the App locked, for an actor who sees it and knows its version. */
  async once<I extends AppCommand, O extends object>(
    command: Command<I, O>,
    input: I,
    envelope: Envelope,
    change: (tx: Tx, found: FoundApp, actor: Actor) => Promise<O>,
  ): Promise<O> {
    const actor = writerOf(envelope);
    let changed: AppId | undefined;
    const answer = await this.inbox.onceInTurn(turnOf(input.app), command, envelope, async (tx) => {
      const found = await this.queries.lock(tx, input.app, actor);
      changed = found.app.id;
      orRefuse(refusal(found.app, input.ifVersion));
      return change(tx, found, actor);
    });
    if (changed) this.signals.committed(changed);
    return answer;
  }
}

/** One App that is named in two ways has two turns: then its row's lock decides. */
export function turnOf({ id, environment, name }: AppRef): string {
  return `app ${id?.toLowerCase() ?? `${environment}/${name}`}`;
}
