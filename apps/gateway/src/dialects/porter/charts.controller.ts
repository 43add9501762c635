import { Controller, Get, Post, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { getRelease, getReleaseHistory, listReleases, rollBackRelease } from '@slipway/contracts';

import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { AnswerInterceptor, JsonText } from './answer.interceptor.js';
import { acceptRollback, readList, readPlace, type Place } from './charts.dto.js';
import { Endpoint } from './endpoint.js';
import { failure } from './errors.js';
import { requireJsonObject } from './json-object.js';
import { revisionOf } from './numbers.js';

/** More than the eight seconds that a cluster gets, less than the ten after which old clients give up. */
const PATIENCE = { timeoutMs: 9_000 };

/** A little more than the thirty seconds that a rollback may take. */
const ROLLBACK_MS = 32_000;

/** Releases were called charts at first; both names lead here. */
@UseInterceptors(AnswerInterceptor)
@Controller(['api/charts', 'api/releases'])
@ApiTags('porter')
export class ChartsController {
  constructor(private readonly core: CoreClient) {}

  @Get()
  @Endpoint({ access: 'credential', core: [listReleases], summary: 'Lists the releases of a cluster' })
  async list(@Current() call: HttpCall): Promise<JsonText> {
    return textOf(await this.core.query(call, listReleases, await readList(call), PATIENCE));
  }

  @Get(':name/history')
  @Endpoint({ access: 'credential', core: [getReleaseHistory], summary: 'All revisions of a release' })
  async history(@Current() call: HttpCall): Promise<JsonText> {
    const place = await readPlace(call);
    return textOf(await this.core.query(call, getReleaseHistory, { ...place, name: nameOf(call) }, PATIENCE));
  }

  @Get(':name/:revision')
  @Endpoint({ access: 'credential', core: [getRelease], summary: 'One revision of a release; 0 is the deployed one' })
  async get(@Current() call: HttpCall): Promise<JsonText> {
    const revision = revisionOf(call.params['revision'] ?? '');
    if (revision === null) throw failure.undecodable();
    const place = await readPlace(call);
    return textOf(await this.core.query(call, getRelease, { ...place, name: nameOf(call), revision }, PATIENCE));
  }

  @Post(':name/rollback')
  @Endpoint({ access: 'credential', core: [rollBackRelease], summary: 'Makes an earlier revision the next one' })
  async rollBack(@Current() call: HttpCall): Promise<void> {
    const { revision, ...place } = acceptRollback(call, await requireJsonObject(call));
    await this.rollBackTo(call, place, revision);
  }

  // The first command lines' form.
  @Post('rollback/:name/:revision')
  @Endpoint({ access: 'credential', core: [rollBackRelease], summary: 'The same, with the revision in the path' })
  async rollBackByPath(@Current() call: HttpCall): Promise<void> {
    const revision = revisionOf(call.params['revision'] ?? '');
    if (revision === null) throw failure.undecodable();
    const place = acceptRollback(call, await requireJsonObject(call));
    await this.rollBackTo(call, place, revision);
  }

  private async rollBackTo(call: HttpCall, { context, storage, namespace }: Place, revision: number): Promise<void> {
    const input = { context, storage, namespace, name: nameOf(call), revision };
    await this.core.execute(call, rollBackRelease, input, { timeoutMs: ROLLBACK_MS });
  }

  @Post(':name/upgrade')
  @Endpoint({ access: 'credential', core: [], summary: "Not offered: it needs Helm's template engine" })
  upgrade(): never {
    throw failure.notImplemented();
  }
}

function nameOf(call: HttpCall): string {
  return call.params['name'] ?? '';
}

function textOf({ json }: { readonly json: string }): JsonText {
  return new JsonText(json);
}
