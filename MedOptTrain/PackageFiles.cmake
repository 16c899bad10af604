# Written by CMake/list_package_files.py; run it again after adding, moving or removing a file.

set(MedOptTrain_SCRIPTS
  MedOptTrain.py
  MedOptTrainLib/__init__.py
  MedOptTrainLib/curves.py
  MedOptTrainLib/recipe_form.py
  MedOptTrainLib/recipe_rows.py
  MedOptTrainLib/runs.py
  MedOptTrainLib/self_test.py
  MedOptTrainLib/trainer.py
  )

set(MedOptTrain_RESOURCES
  Resources/Icons/MedOptTrain.png
  Resources/UI/MedOptTrain.ui
  )
