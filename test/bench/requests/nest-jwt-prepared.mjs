import { createPublicKey, createSecretKey } from 'node:crypto'
import { prepare as prepareRecipe } from './nest-jwt-recipe.mjs'

/** The same with a prepared key: what the recipe would be if it knew of this. */
export const name = '@nestjs/jwt, prepared key'

export function prepare(setting) {
  return prepareRecipe(setting, {
    secret: setting.secret && createSecretKey(setting.secret, 'utf8'),
    publicKey: setting.publicKey && createPublicKey(setting.publicKey),
  })
}
