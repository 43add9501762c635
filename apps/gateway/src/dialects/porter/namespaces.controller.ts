import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { listNamespaces } from '@slipway/contracts';

import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { AnswerInterceptor } from './answer.interceptor.js';
import { checkEncoding } from './charts.dto.js';
import { Endpoint } from './endpoint.js';
import { failure } from './errors.js';

/** As the cluster's own list begins. */
interface NamespaceList {
  readonly metadata: object;
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

@UseInterceptors(AnswerInterceptor)
@Controller('api/k8s/namespaces')
@ApiTags('porter')
export class NamespacesController {
  constructor(private readonly core: CoreClient) {}

  @Get()
  @Endpoint({ access: 'credential', core: [listNamespaces], summary: 'The namespaces of a cluster' })
  async list(@Current() call: HttpCall): Promise<NamespaceList> {
    checkEncoding(call);
    const [context = '', ...more] = call.query.getAll('context');
    if (context === '' || more.length > 0) throw failure.fields(['required']);
    const { names } = await this.core.query(call, listNamespaces, { context }, { timeoutMs: 9_000 });
    return { metadata: {}, items: names.map((name) => ({ metadata: { name } })) };
  }
}
