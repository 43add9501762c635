import { Module } from '@nestjs/common';

import { AccountsController } from './accounts.controller.js';
import { AnswerInterceptor } from './answer.interceptor.js';
import { ChartsController } from './charts.controller.js';
import { PorterEdge } from './edge.js';
import { NamespacesController } from './namespaces.controller.js';
import { UsersController } from './users.controller.js';

@Module({
  controllers: [AccountsController, UsersController, ChartsController, NamespacesController],
  providers: [PorterEdge, AnswerInterceptor],
  exports: [PorterEdge],
})
export class PorterModule {}
