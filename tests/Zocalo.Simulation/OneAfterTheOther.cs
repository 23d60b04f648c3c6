// Each test uses all processors, and watches for dropped objects of the whole process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
