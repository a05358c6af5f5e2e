"""Builds what the pages beside the Stage ask, on one keyring."""

import os
from collections.abc import Callable
from pathlib import Path

from app.agent.key_check import hosts_from
from app.domain.back_office import BackOffice
from app.domain.call_plan import CallPlan
from app.media.invite import Invites
from app.runtime.redaction import Redactor
from app.session.agent_book import agent_book
from app.session.agent_desk import StudioAgentDesk
from app.session.desk import StudioDesk
from app.session.key_desk import ProviderKeyDesk, check_on
from app.session.rooms_desk import StudioRoomsDesk
from app.session.server_book import ServerBook
from app.session.server_desk import StudioServerDesk
from app.session.server_keys import ServerKeys
from app.session.studio import Studio
from app.storage.drafts import FOLDER as DRAFTS
from app.storage.drafts import Drafts
from app.storage.key_tests import KEY_TESTS, KeyTestFile
from app.storage.lk_config import LK_FILE
from app.storage.secret_store import SecretStore
from app.storage.server_profiles import ServerProfiles


class StudioBackOffice:
    """Owns the keyring and the desks. UI loop only: build it inside the running loop, before any agent runs."""

    def __init__(
        self,
        studio: Studio,
        redactor: Redactor,
        *,
        config_folder: Path,
        state_folder: Path,
        agents_folder: Path,
        desk: Callable[[], StudioDesk],
        bring_to_stage: Callable[[CallPlan], None],
    ) -> None:
        """`desk` gives the desk of the calls, which comes after the office.

        `bring_to_stage` starts a call beside the others, or raises UserError where that cannot be.
        """
        store = SecretStore(redactor.register)
        check = check_on(studio.media, studio.clock, hosts_from(os.environ))
        tests = KeyTestFile(state_folder / KEY_TESTS)
        keys = ProviderKeyDesk(
            store,
            check,
            tests,
            redactor,
            environment=os.environ,
            used_by=lambda provider_id: agents.used_by(provider_id),
        )
        self.agents = agent_book(agents_folder, keys.variables)
        drafts = Drafts(state_folder / DRAFTS, redactor.redact)
        agents = StudioAgentDesk(
            self.agents, drafts, studio.library, keys.look, bring_to_stage, desk
        )
        book = ServerBook(
            ServerProfiles(config_folder),
            ServerKeys(store, redactor.register),
            environment=os.environ,
            lk_file=Path.home() / LK_FILE,
        )
        self.servers = StudioServerDesk(book, studio)
        invites = Invites(studio.clock, redactor.register)
        self._rooms = StudioRoomsDesk(
            studio, self.servers, invites, lambda: desk().calls, bring_to_stage
        )
        self.desks = BackOffice(keys, self.servers, self._rooms, agents)

    async def close(self) -> None:
        """Stop looking at rooms and take back every link, before the studio closes."""
        await self._rooms.close()
