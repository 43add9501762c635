// The OpenAPI document of everything that is routed: routes from Nest's metadata, schemas from the classes that also check the bodies.
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

import { VERSION } from '../version.js';

/** Serves it under /docs, for people, and under /docs/openapi.json. It is made when it is first asked for. */
export function serveApiDocuments(app: NestFastifyApplication, publicUrl: string): void {
  SwaggerModule.setup('docs', app, () => apiDocumentOf(app, publicUrl), {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
    customSiteTitle: 'Slipway API',
  });
}

export function apiDocumentOf(app: NestFastifyApplication, publicUrl: string): OpenAPIObject {
  const options = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Slipway')
    .setDescription('One control plane for Kubernetes that speaks several platform APIs.')
    .setVersion(VERSION)
    .addServer(publicUrl)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An access token or an API key' })
    .addCookieAuth('porter', { type: 'apiKey', in: 'cookie', description: 'The session of register and login' })
    .build();
  return SwaggerModule.createDocument(app, options);
}
