// Most of a test's time is a process that starts or a peer that waits: twice as many at once as the usual machine has processors.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
