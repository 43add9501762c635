// Owns which hosts the cluster leads to an App beside its own: those that it has proven, and those that it had and has left, by the removal
// of the domain or its own deletion. Until no Ingress leads there any more these stay taken, so that no two Apps are led to by one host.
import type { AppId } from '@slipway/contracts';
import type { Reader, Tx } from '@slipway/persistence';

/** Of a row of `host` with its App. */
const LEFT = `(host.host is distinct from app.host and (app.phase = 'deleting' or not exists (
  select 1 from domain where domain.app_id = host.app_id and domain.host = host.host and domain.state = 'verified')))`;

export interface RoutedHosts {
  /** In the order in which they are rendered. */
  readonly proven: readonly string[];
  readonly left: readonly string[];
}

export async function routedHosts(reader: Reader, appId: AppId): Promise<RoutedHosts> {
  const rows = await reader.manager.query<{ host: string; left: boolean }[]>(
    `select host.host, ${LEFT} as left from host join app on app.id = host.app_id
      where app.id = $1 and host.host is distinct from app.host order by host.host`,
    [appId],
  );
  const those = (left: boolean) => rows.filter((row) => row.left === left).map(({ host }) => host);
  return { proven: those(false), left: those(true) };
}

/** The App that a host leads to, or will; or that has left it, while the cluster still leads there. */
export async function holderOf(reader: Reader, host: string): Promise<{ appId: AppId; left: boolean } | undefined> {
  const [holder] = await reader.manager.query<{ appId: AppId; left: boolean }[]>(
    `select app.id as "appId", ${LEFT} as left from host join app on app.id = host.app_id where host.host = $1`,
    [host],
  );
  return holder;
}

/** Gives up those that the App has left. It is locked, so that none of them is proven to be its own again in the meantime. */
export async function releaseHosts(tx: Tx, appId: AppId, hosts: readonly string[]): Promise<void> {
  await tx.manager.query(`select 1 from app where id = $1 for update`, [appId]);
  await tx.manager.query(
    `delete from host using app where app.id = host.app_id and app.id = $1 and host.host = any($2) and ${LEFT}`,
    [appId, hosts],
  );
}
