"""What takes messages from the broker for a worker."""

from __future__ import annotations

from celery.worker import consumer

_DELAYED = "celery.worker.consumer.delayed_delivery:DelayedDelivery"


class Consumer(consumer.Consumer):
    """Celery's own, without delayed delivery: nothing here is sent to be taken later, and on
    RabbitMQ that declares 28 more quorum queues, each with a log of its own."""

    class Blueprint(consumer.Consumer.Blueprint):
        """The steps of its start."""

        default_steps = [  # noqa: RUF012 - Celery's own protocol
            step for step in consumer.Consumer.Blueprint.default_steps if step != _DELAYED
        ]
