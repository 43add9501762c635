import { Injectable } from '@nestjs/common';
import type { UserId } from '@slipway/contracts';
import { Encryption, type Reader, type Tx } from '@slipway/persistence';

import { ClusterContextEntity } from './cluster-context.entity.js';
import { KubeconfigEntity } from './kubeconfig.entity.js';

export interface SavedKubeconfig {
  /** Null when none was saved. */
  readonly text: string | null;
  readonly allowed: readonly string[];
}

/** Owns how kubeconfigs are stored: the text encrypted, for it holds what proves who its user is. */
@Injectable()
export class Kubeconfigs {
  constructor(private readonly encryption: Encryption) {}

  async find(reader: Reader, userId: UserId): Promise<SavedKubeconfig> {
    const row = await reader.getRepository(KubeconfigEntity).findOneBy({ userId });
    if (!row) return { text: null, allowed: [] };
    const { text, allowed } = row;
    return { text: text === null ? null : this.encryption.decrypt(placeOf(userId), text), allowed };
  }

  async save(tx: Tx, userId: UserId, { text, allowed }: SavedKubeconfig): Promise<void> {
    const stored = text === null ? null : this.encryption.encrypt(placeOf(userId), text);
    await tx.getRepository(KubeconfigEntity).upsert({ userId, text: stored, allowed: [...allowed] }, ['userId']);
  }

  async replaceContexts(
    tx: Tx,
    userId: UserId,
    contexts: readonly Omit<ClusterContextEntity, 'userId'>[],
  ): Promise<void> {
    const rows = tx.getRepository(ClusterContextEntity);
    await rows.delete({ userId });
    await rows.insert(contexts.map((context) => ({ ...context, userId })));
  }

  async delete(tx: Tx, userId: UserId): Promise<void> {
    await tx.getRepository(ClusterContextEntity).delete({ userId });
    await tx.getRepository(KubeconfigEntity).delete({ userId });
  }
}

const placeOf = (id: UserId) => ({ table: 'kubeconfig', id, column: 'text' });
