"""Whether what sends is well: processes, queues, carriers. Below sending, which writes down what it sees."""
