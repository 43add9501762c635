// Owns the table of mails: putting one there with the change that causes it, taking what is due, writing down what became of it.
import { Injectable } from '@nestjs/common';
import type { SendMail } from '@slipway/contracts';
import { type CipherPlace, Encryption, type Tx } from '@slipway/persistence';
import { DataSource } from 'typeorm';

import { MailEntity } from './mail.entity.js';

export interface DueMail extends Pick<MailEntity, 'id' | 'to' | 'template' | 'attempts'> {
  readonly fields: Readonly<Record<string, string>>;
}

// Well above what an attempt may take. A process that ends in between leaves the mail due again after it.
const LOST_AFTER = '2 minutes';

const MINUTE_MS = 60_000;
/** After each failed attempt, how long to wait for the next one: a day and a half in all. */
const DELAYS_MS = [5_000, 30_000, ...[2, 5, 15, 30, 60, 240, 720, 1_200].map((minutes) => minutes * MINUTE_MS)];

@Injectable()
export class MailQueue {
  constructor(
    private readonly dataSource: DataSource,
    private readonly encryption: Encryption,
  ) {}

  /** Leaves a mail to be sent after the commit. One id is one mail. Whoever wants it sent at once wakes SendMails then. */
  async add(tx: Tx, id: string, { to, template, fields, expiresAt }: SendMail): Promise<void> {
    const now = new Date();
    await tx.getRepository(MailEntity).insert({
      id,
      to,
      template,
      fields: this.encryption.encrypt(placeOf(id), JSON.stringify(fields)),
      attempts: 0,
      nextAttemptAt: now,
      expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
      createdAt: now,
      sentAt: null,
      lastError: null,
    });
  }

  /** Takes what has been due the longest; nobody else gets it while it is being sent. What has lost its sense is over without being sent. */
  async claim(): Promise<DueMail | undefined> {
    const [rows] = await this.dataSource.query<[(DueMail & { fields: string })[], number]>(
      `with expired as (
         update "mail" set "nextAttemptAt" = null, "fields" = null where "nextAttemptAt" <= now() and "expiresAt" <= now())
       update "mail" set "nextAttemptAt" = now() + interval '${LOST_AFTER}'
        where "id" = (
          select "id" from "mail" where "nextAttemptAt" <= now() and ("expiresAt" is null or "expiresAt" > now())
           order by "nextAttemptAt" limit 1 for update skip locked)
        returning "id", "to", "template", "attempts", "fields"`,
    );
    const [row] = rows;
    if (!row) return undefined;
    const fields = JSON.parse(this.encryption.decrypt(placeOf(row.id), row.fields)) as Record<string, string>;
    return { ...row, fields };
  }

  async sent({ id }: DueMail): Promise<void> {
    await this.dataSource.query(
      `update "mail"
          set "attempts" = "attempts" + 1, "sentAt" = now(), "lastError" = null, "nextAttemptAt" = null, "fields" = null
        where "id" = $1`,
      [id],
    );
  }

  /** Tries again later, unless the server will never take it or it was tried often enough. Tells whether it is given up. */
  async failed({ id, attempts }: DueMail, error: string, permanent: boolean): Promise<boolean> {
    const delayMs = permanent ? undefined : DELAYS_MS[attempts];
    await this.dataSource.query(
      `update "mail"
          set "attempts" = "attempts" + 1, "lastError" = $2, "nextAttemptAt" = now() + $3 * interval '1 millisecond',
              "fields" = case when $3::float8 is null then null else "fields" end
        where "id" = $1`,
      [id, error, delayMs ?? null],
    );
    return delayMs === undefined;
  }
}

function placeOf(id: string): CipherPlace {
  return { table: 'mail', id, column: 'fields' };
}
