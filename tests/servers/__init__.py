"""Real servers of the internet protocols, each started in a folder of its own by `with Nginx() as web:`, and gone after it."""
from servers.certificates import certificates
from servers.ftp import Ftp, ImplicitFtp, PlainFtp
from servers.gopher import Gopher, Pygopherd
from servers.mail import Mail, Mailboxes
from servers.news import News
from servers.telnet import Telnet
from servers.web import Nginx

__all__ = ["Ftp", "Gopher", "ImplicitFtp", "Mail", "Mailboxes", "News", "Nginx", "PlainFtp", "Pygopherd", "Telnet", "certificates"]
