/** A user as the app knows one; the password's hash never leaves `UsersRepository` and `UsersService`. */
export interface User {
  readonly id: number
  readonly username: string
  readonly is_admin: boolean
}
