"""Accounts and sign-ins, stored in SQL."""

from .invitation import Arrival as Arrival
from .invitation import Invitation as Invitation
from .invitation import code_hash as code_hash
from .mailed_code import BAD_CODE as BAD_CODE
from .mailed_code import MailedCode as MailedCode
from .mailed_code import NewEmail as NewEmail
from .mailed_code import PasswordReset as PasswordReset
from .mailed_code import SignUpAddress as SignUpAddress
from .mailed_code import keyed_hash as keyed_hash
from .sign_in import Session as Session
from .sign_in import SignIn as SignIn
from .user import USERNAME_TAKEN as USERNAME_TAKEN
from .user import User as User
from .user import UserManager as UserManager
from .user import not_the_bot as not_the_bot
