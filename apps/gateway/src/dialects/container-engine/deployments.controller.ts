import { Controller, Delete, Get, Param, Patch, Post, Put, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  awaitApp,
  createApp,
  deleteApp,
  getApp,
  listApps,
  restartApp,
  scaleApp,
  setVariables,
  startApp,
  stopApp,
  updateApp,
} from '@slipway/contracts';

import { CoreClient } from '../../core/core-client.js';
import { Current, type HttpCall } from '../../core/http-call.js';
import { GatewayConfig } from '../../gateway.config.js';
import { acceptDeployment, acceptScale, acceptVariables } from './deployment-rules.js';
import {
  CreatedDeployment,
  CreateDeployment,
  DeletedDeployment,
  Deployment,
  DeploymentList,
  DeploymentStatus,
  PatchedVariables,
  PatchVariables,
  RestartedDeployment,
  ScaledDeployment,
  ScaleDeployment,
  StartedDeployment,
  StoppedDeployment,
  UpdatedDeployment,
  UpdateDeployment,
  Variables,
} from './deployments.dto.js';
import {
  toCreateApp,
  toCreated,
  toDeleted,
  toDeployment,
  toList,
  toPatchedVariables,
  toRestarted,
  toScaled,
  toSetVariables,
  toStarted,
  toStopped,
  toUpdateApp,
  toUpdated,
  toVariablesAnswer,
} from './deployments.projection.js';
import { AWAITED, CONDITIONAL, Endpoint, KEYED, PAGE_QUERY } from './endpoint.js';
import { JsonBody, type Submitted } from './json-body.js';
import { RequestInterceptor } from './request.interceptor.js';
import { Observation } from './observation.js';
import { commandOn, ifMatchOf, tagged } from './preconditions.js';
import { pageOf, someOf } from './query.js';
import { filterOf, STATUSES, toDeploymentStatus } from './status.js';

@UseInterceptors(RequestInterceptor)
@Controller('v1/deployments')
@ApiTags('deployments')
export class DeploymentsController {
  constructor(
    private readonly core: CoreClient,
    private readonly observation: Observation,
    private readonly config: GatewayConfig,
  ) {}

  @Post()
  @Endpoint({
    access: 'credential',
    core: [createApp],
    status: 201,
    summary: 'Deploys an image',
    answer: CreatedDeployment,
    headers: KEYED,
  })
  async create(
    @JsonBody(CreateDeployment) body: Submitted<CreateDeployment>,
    @Current() call: HttpCall,
  ): Promise<CreatedDeployment> {
    const input = toCreateApp(acceptDeployment(body, this.config.maxReplicas));
    const app = await this.core.execute(call, createApp, input);
    call.set('Location', `/v1/deployments/${app.id}`);
    return toCreated(tagged(call, app));
  }

  @Get()
  @Endpoint({
    access: 'credential',
    core: [listApps],
    summary: 'Lists the deployments that the caller sees',
    answer: DeploymentList,
    query: { ...PAGE_QUERY, status: 'One status, or several with commas between them' },
  })
  async list(@Current() call: HttpCall): Promise<DeploymentList> {
    const page = pageOf(call.query);
    const statuses = someOf(call.query, 'status', STATUSES);
    return toList(await this.core.query(call, listApps, { ...page, ...(statuses && filterOf(statuses)) }), page);
  }

  @Get(':deploymentId')
  @Endpoint({ access: 'credential', core: [getApp], summary: 'One deployment', answer: Deployment })
  async get(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<Deployment> {
    return toDeployment(tagged(call, await this.core.query(call, getApp, { app: { id }, include: ['variables'] })));
  }

  @Put(':deploymentId')
  @Endpoint({
    access: 'credential',
    core: [updateApp],
    summary: 'Changes what is sent and keeps the rest',
    answer: UpdatedDeployment,
    headers: CONDITIONAL,
  })
  async update(
    @Param('deploymentId') id: string,
    @JsonBody(UpdateDeployment) body: Submitted<UpdateDeployment>,
    @Current() call: HttpCall,
  ): Promise<UpdatedDeployment> {
    const ifVersion = ifMatchOf(call.header('if-match'));
    const accepted = acceptDeployment(body, this.config.maxReplicas);
    const updated = await this.core.execute(call, updateApp, toUpdateApp(id, accepted, ifVersion));
    tagged(call, updated.app);
    return toUpdated(updated);
  }

  @Delete(':deploymentId')
  @Endpoint({
    access: 'credential',
    core: [deleteApp, awaitApp],
    summary: 'Deletes a deployment and all that belongs to it',
    answer: DeletedDeployment,
    headers: AWAITED,
  })
  async delete(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<DeletedDeployment> {
    const app = await this.core.execute(call, deleteApp, commandOn(id, call));
    return toDeleted(app, await this.observation.untilGone(call, app));
  }

  @Patch(':deploymentId/scale')
  @Endpoint({
    access: 'credential',
    core: [scaleApp, awaitApp],
    summary: 'Sets the number of replicas; 0 stops',
    answer: ScaledDeployment,
    headers: AWAITED,
  })
  async scale(
    @Param('deploymentId') id: string,
    @JsonBody(ScaleDeployment) body: Submitted<ScaleDeployment>,
    @Current() call: HttpCall,
  ): Promise<ScaledDeployment> {
    const command = commandOn(id, call);
    const replicas = acceptScale(body, this.config.maxReplicas);
    const { app } = await this.core.execute(call, scaleApp, { ...command, replicas, start: true });
    const observed = await this.observation.until(call, app, replicas === 0 ? 'stopped' : 'running');
    tagged(call, app);
    return toScaled(observed, replicas);
  }

  @Post(':deploymentId/stop')
  @Endpoint({
    access: 'credential',
    core: [stopApp, awaitApp],
    summary: 'Stops all replicas and keeps their number',
    answer: StoppedDeployment,
    headers: AWAITED,
  })
  async stop(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<StoppedDeployment> {
    const app = await this.core.execute(call, stopApp, commandOn(id, call));
    const observed = await this.observation.until(call, app, 'stopped');
    tagged(call, app);
    return toStopped(observed);
  }

  @Post(':deploymentId/start')
  @Endpoint({
    access: 'credential',
    core: [startApp, awaitApp],
    summary: 'Starts what was stopped',
    answer: StartedDeployment,
    headers: AWAITED,
  })
  async start(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<StartedDeployment> {
    const app = await this.core.execute(call, startApp, commandOn(id, call));
    const observed = await this.observation.until(call, app, 'running');
    tagged(call, app);
    return toStarted(observed);
  }

  @Post(':deploymentId/restart')
  @Endpoint({
    access: 'credential',
    core: [restartApp],
    summary: 'Replaces all replicas by equal ones, without losing a request',
    answer: RestartedDeployment,
    headers: CONDITIONAL,
  })
  async restart(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<RestartedDeployment> {
    return toRestarted(tagged(call, await this.core.execute(call, restartApp, commandOn(id, call))));
  }

  @Get(':deploymentId/env')
  @Endpoint({
    access: 'credential',
    core: [getApp],
    summary: 'The environment variables of a deployment',
    answer: Variables,
  })
  async variables(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<Variables> {
    return toVariablesAnswer(
      tagged(call, await this.core.query(call, getApp, { app: { id }, include: ['variables'] })),
    );
  }

  @Patch(':deploymentId/env')
  @Endpoint({
    access: 'credential',
    core: [setVariables],
    summary: 'Sets the variables that are sent, takes away those that are null, keeps the rest',
    answer: PatchedVariables,
    headers: CONDITIONAL,
  })
  async patchVariables(
    @Param('deploymentId') id: string,
    @JsonBody(PatchVariables) body: Submitted<PatchVariables>,
    @Current() call: HttpCall,
  ): Promise<PatchedVariables> {
    const command = commandOn(id, call);
    const changes = toSetVariables(acceptVariables(body));
    const changed = await this.core.execute(call, setVariables, { ...command, ...changes });
    tagged(call, changed.app);
    return toPatchedVariables(changed);
  }

  @Get(':deploymentId/status')
  @Endpoint({
    access: 'credential',
    core: [getApp],
    summary: 'What the cluster shows of a deployment',
    answer: DeploymentStatus,
  })
  async status(@Param('deploymentId') id: string, @Current() call: HttpCall): Promise<DeploymentStatus> {
    const app = await this.core.query(call, getApp, { app: { id }, include: ['pods'] });
    return toDeploymentStatus(app, Date.now());
  }
}
