/** A user as the app sees it. The password hash stays inside `UsersRepository` and `UsersService`. */
export interface User {
  readonly id: number
  readonly username: string
  readonly is_admin: boolean
}
