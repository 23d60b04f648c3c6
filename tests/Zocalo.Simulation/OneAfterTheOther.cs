// Each test takes all processors by itself, and watches over what the whole process drops.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
