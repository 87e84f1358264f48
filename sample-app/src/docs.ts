import type { INestApplication } from '@nestjs/common'
import { JwtAuthModule } from '@nest-jwt-auth/core'
import { secureDocument } from '@nest-jwt-auth/core/swagger'
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger'
import { AuthModule } from './auth/auth.module.js'
import { ItemsModule } from './items/items.module.js'
import { UsersModule } from './users/users.module.js'

/** Serves at `/docs` a page to try the API on, and at `/docs-json` its document, which is made when one of them is asked for. */
export function serveDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => describeApi(app))
}

/** What clients call, without the files of the shop's own page. */
function describeApi(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder().setTitle('The shop').setVersion('1').build()
  const include = [AuthModule, JwtAuthModule, ItemsModule, UsersModule]
  return secureDocument(app, SwaggerModule.createDocument(app, config, { include }))
}
