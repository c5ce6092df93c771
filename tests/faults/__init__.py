"""Faults: real servers are broken under load, and a ledger says whether anything was lost.

    async def test_…(start_cluster, crowd):
        cluster = await start_cluster(processes=2)          # behind `cluster.proxy`
        chat_id = await cluster.create_group(*crowd[:4])    # entered into `cluster.ledger`
        for person in crowd[:4]:
            cluster.open(person, chat_id)                   # a client as the browser is one
        await cluster.all_ready(10)
        async with traffic(cluster.clients, rate=40):       # sends, edits, deletes
            cluster.kill(0)                                 # the fault
            await cluster.all_ready(5)
        await cluster.settle(20)                            # everyone has everything
        cluster.check()                                     # nothing lost, doubled, leaked

Another MongoDB: `start_cluster(MONGODB_URI=…)`. Counts come from the fixture `is_long`, which is
true in `make faults` (`pytest tests/faults --long`).
"""
